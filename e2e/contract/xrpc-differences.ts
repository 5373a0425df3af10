/** What the networks answer differently, and why it has to stay so. Each is asserted on both sides. */
export const XRPC_DIFFERENCES = {
  validation: {
    why: 'the fake network ships no lexicons, so it can validate no record',
    fake: 'unknown',
    real: 'valid',
  },
  recordCid: {
    why: 'the CID of a record is the hash of its JSON: DAG-CBOR would take an encoder, which we do not ship',
    fake: 'bafyreidfkzloft3bloadn6u2fmqv4lyl53hcdjwpxnxmszmmvst7ptvnpq',
    real: 'bafyreia2ty55fxarehtbm3ydzq2u7yrw266rkfi2tz5kmbjwwuuky3idvu',
  },
  serviceTokenAlgorithm: {
    why: 'WebCrypto has no secp256k1, so an account has a key of P-256',
    fake: 'ES256',
    real: 'ES256K',
  },
  appviewMethod: {
    why: 'a production PDS passes it on to its appview: 501 says that the fake network has none, and how to get one',
    fake: '501 MethodNotImplemented',
    real: '400 InvalidRequest',
  },
} as const
