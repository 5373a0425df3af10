/** A DID document as the PLC directory serves it, for an account on a PDS. The key is filled in as it is served. */
export function didDocument({ did, handle }: { did: string; handle: string }, pds: string): DidDocument {
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    alsoKnownAs: [`at://${handle}`],
    verificationMethod: [{ id: `${did}#atproto`, type: 'Multikey', controller: did }],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }],
  }
}

/** What a DID document says, as far as an AT Protocol account needs it. A test may change it in place. */
export interface DidDocument {
  '@context'?: string[]
  id: string
  alsoKnownAs?: string[]
  verificationMethod?: { id: string; type: string; controller: string; publicKeyMultibase?: string }[]
  service?: { id: string; type: string; serviceEndpoint: string }[]
}
