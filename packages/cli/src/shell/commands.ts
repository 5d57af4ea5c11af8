/** The commands of the shell. */
export const COMMANDS = ['services', 'describe', 'use', 'set', 'help', 'exit'] as const

export const SETTINGS = ['timeout', 'metadata'] as const

export const HELP = `Service.method {json}      call a method; several requests may follow each other
method {json}              the same, of the service in use
use Service                methods of it need no name before them; of a session
                           service, opens a session. use alone ends it
services                   what the producer offers
describe [Service[.method]]
                           methods, fields and an example
set timeout MS             how long a call may take; 0 for no limit
set metadata KEY=VALUE     sent with each call; without a value, not any more
help, exit

Tab completes services, methods, fields and values. A request goes on over
several lines until its brackets are closed. Calls that take a stream are a
conversation: a line for each request, .end (or Ctrl-D) after the last.
Ctrl-C cancels the call.`
