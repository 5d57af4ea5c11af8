/**
 * The state of a client.
 *
 * - `idle` → `connecting`: `connect()` is called
 * - `connecting` → `connected`: a producer has admitted the client · → `idle`: no producer has, or every `connect()` was cancelled
 * - `connected` → `lost`: the connections to all producers were lost, or could not be made again
 * - `lost` → `connected`: a call has dialled a producer again
 * - any → `closed`: `close()` is called. This state is final
 *
 * A connection that is closed by the idle timeout leaves the client `connected`.
 */
export type ClientState = 'idle' | 'connecting' | 'connected' | 'lost' | 'closed'
