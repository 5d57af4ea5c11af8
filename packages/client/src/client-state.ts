/**
 * - `idle` → `connecting`: `connect()`
 * - `connecting` → `connected`: a producer admitted this client · → `idle`: none did, or nobody waits any more
 * - `connected` → `lost`: no producer works: connections were lost, or could not be made again
 * - `lost` → `connected`: a call has dialled one again; calls are what dials
 * - any → `closed`: `close()`, which is the end
 *
 * An idle timeout leaves it `connected`.
 */
export type ClientState = 'idle' | 'connecting' | 'connected' | 'lost' | 'closed'
