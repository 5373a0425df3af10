import type { IdentityErrorCode } from 'atproof'
import { resolveIdentity } from 'atproof/discovery'
import { failureOf } from '../../scene.ts'
import { beginning, type Walks } from './walk.ts'

const UNKNOWN_DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const PLC = /^https:\/\/plc\.directory\//

/** The ways to every error of handles and DIDs. */
export const IDENTITY_WALKS: Walks<IdentityErrorCode> = {
  identifier_missing: [['nothing that was typed', beginning('  ')]],
  identifier_malformed: [['a URL that is none', beginning('https://')]],
  identifier_is_link: [['a link to a profile', beginning('https://social.example.com/profile/alice.example.com')]],
  identifier_is_email: [['an e-mail address', beginning('alice@example.com')]],
  identifier_is_server: [
    [
      'a server where an account is asked for',
      ({ network }) => failureOf(resolveIdentity(network.pds, network.clientOptions)),
    ],
  ],
  server_url_insecure: [['a server without TLS', beginning('http://pds.example.com')]],
  server_url_malformed: [['a server with a path', beginning('https://pds.example.com/path')]],
  handle_incomplete: [['half a handle', beginning('alice')]],
  handle_malformed: [['a malformed handle', beginning('alice..com')]],
  handle_placeholder: [['the handle of nobody', beginning('handle.invalid')]],
  handle_reserved: [['a handle that is never looked up', beginning('alice.local')]],
  handle_not_found: [['a handle that nobody has', beginning('nobody.example.com')]],
  handle_ambiguous: [
    [
      'a handle of two accounts',
      beginning('bob.example.com', ({ network, alice }) => {
        network.txtRecords.set('_atproto.bob.example.com', [[`did=${alice.did}`], [`did=${UNKNOWN_DID}`]])
      }),
    ],
  ],
  handle_mismatch: [
    [
      'a handle that its DID does not claim',
      beginning(
        'bob.example.com',
        ({ network, alice }) => void network.wellKnownDids.set('bob.example.com', alice.did),
      ),
    ],
  ],
  handle_unresolved: [
    [
      'a handle whose host fails',
      beginning('alice.example.com', ({ network }) => {
        network.fault({ path: '/.well-known/atproto-did', status: 503, times: Infinity })
      }),
    ],
  ],
  did_malformed: [['a malformed DID', beginning('did:plc:short')]],
  did_unsupported: [['a DID of another method', beginning('did:example:bob')]],
  did_not_found: [['an unknown DID', beginning(UNKNOWN_DID)]],
  did_tombstoned: [
    [
      'a DID that is out of use',
      beginning('alice.example.com', ({ network, alice }) => void network.didDocuments.set(alice.did, null)),
    ],
  ],
  did_unresolved: [
    [
      'a directory that fails',
      beginning('alice.example.com', ({ network }) => void network.fault({ path: PLC, status: 503, times: 9 })),
    ],
  ],
  did_document_invalid: [
    [
      'a document of somebody else',
      beginning('alice.example.com', ({ network }) => void network.fault({ path: PLC, set: { id: UNKNOWN_DID } })),
    ],
  ],
}
