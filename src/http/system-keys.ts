import { importSecp256k1 } from '#runtime'

/** Takes a private key of a curve that WebCrypto lacks, where the runtime has it elsewhere. */
export const importSystemKey: typeof importSecp256k1 = importSecp256k1
