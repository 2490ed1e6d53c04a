/** The socket's first sub-protocol; the second carries the token. */
export const subProtocol = 'holdfast.v1'
export const tokenProtocolPrefix = 'spsk.'
/** Version of the wire, in `hello`. */
export const protocolVersion = 1
/** Version of the synced tables, in `hello` and `reset`; a server that is newer answers 4426. */
export const schemaVersion = 1
