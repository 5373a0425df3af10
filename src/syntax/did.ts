/** A decentralised identifier: `did:plc:…` or `did:web:…`. Case-sensitive. */
export type Did = `did:${string}:${string}`
