import type { BlobRef, Bytes, CidLink, UnknownObject, UnknownVariant } from './data-model.ts'
import type { Did } from '../syntax/did.ts'

export interface ComAtprotoQueries {
  'com.atproto.admin.getAccountInfo': {
    params: {
      did: Did
    }
    output: ComAtprotoAdminDefsAccountView
    errors: never
  }
  'com.atproto.admin.getAccountInfos': {
    params: {
      dids: Did[]
    }
    output: {
      infos: ComAtprotoAdminDefsAccountView[]
    }
    errors: never
  }
  'com.atproto.admin.getInviteCodes': {
    params: {
      /** @default "recent" */
      sort?: 'recent' | 'usage' | (string & {}) | undefined
      /** @default 100 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      codes: ComAtprotoServerDefsInviteCode[]
    }
    errors: never
  }
  'com.atproto.admin.getSubjectStatus': {
    params: {
      did?: Did | undefined
      uri?: string | undefined
      blob?: string | undefined
    }
    output: {
      subject:
        | (ComAtprotoAdminDefsRepoRef & { $type: 'com.atproto.admin.defs#repoRef' })
        | (ComAtprotoRepoStrongRef & { $type: 'com.atproto.repo.strongRef' })
        | (ComAtprotoAdminDefsRepoBlobRef & { $type: 'com.atproto.admin.defs#repoBlobRef' })
        | UnknownVariant
      takedown?: ComAtprotoAdminDefsStatusAttr | undefined
      deactivated?: ComAtprotoAdminDefsStatusAttr | undefined
    }
    errors: never
  }
  'com.atproto.admin.searchAccounts': {
    params: {
      email?: string | undefined
      cursor?: string | undefined
      /** @default 50 */
      limit?: number | undefined
    }
    output: {
      cursor?: string | undefined
      accounts: ComAtprotoAdminDefsAccountView[]
    }
    errors: never
  }
  'com.atproto.identity.getRecommendedDidCredentials': {
    params: Record<string, never>
    output: {
      rotationKeys?: string[] | undefined
      alsoKnownAs?: string[] | undefined
      verificationMethods?: UnknownObject | undefined
      services?: UnknownObject | undefined
    }
    errors: never
  }
  'com.atproto.identity.resolveDid': {
    params: {
      did: Did
    }
    output: {
      didDoc: UnknownObject
    }
    errors: 'DidNotFound' | 'DidDeactivated'
  }
  'com.atproto.identity.resolveHandle': {
    params: {
      handle: string
    }
    output: {
      did: Did
    }
    errors: 'HandleNotFound'
  }
  'com.atproto.identity.resolveIdentity': {
    params: {
      identifier: string
    }
    output: ComAtprotoIdentityDefsIdentityInfo
    errors: 'HandleNotFound' | 'DidNotFound' | 'DidDeactivated'
  }
  'com.atproto.label.queryLabels': {
    params: {
      uriPatterns: string[]
      sources?: Did[] | undefined
      /** @default 50 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      labels: ComAtprotoLabelDefsLabel[]
    }
    errors: never
  }
  'com.atproto.lexicon.resolveLexicon': {
    params: {
      nsid: string
    }
    output: {
      cid: string
      schema: ComAtprotoLexiconSchema
      uri: string
    }
    errors: 'LexiconNotFound'
  }
  'com.atproto.repo.describeRepo': {
    params: {
      repo: string
    }
    output: {
      handle: string
      did: Did
      didDoc: UnknownObject
      collections: string[]
      handleIsCorrect: boolean
    }
    errors: never
  }
  'com.atproto.repo.getRecord': {
    params: {
      repo: string
      collection: string
      rkey: string
      cid?: string | undefined
    }
    output: {
      uri: string
      cid?: string | undefined
      value: UnknownObject
    }
    errors: 'RecordNotFound'
  }
  'com.atproto.repo.listMissingBlobs': {
    params: {
      /** @default 500 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      blobs: ComAtprotoRepoListMissingBlobsRecordBlob[]
    }
    errors: never
  }
  'com.atproto.repo.listRecords': {
    params: {
      repo: string
      collection: string
      /** @default 50 */
      limit?: number | undefined
      cursor?: string | undefined
      reverse?: boolean | undefined
    }
    output: {
      cursor?: string | undefined
      records: ComAtprotoRepoListRecordsRecord[]
    }
    errors: never
  }
  'com.atproto.server.checkAccountStatus': {
    params: Record<string, never>
    output: {
      activated: boolean
      validDid: boolean
      repoCommit: string
      repoRev: string
      repoBlocks: number
      indexedRecords: number
      privateStateValues: number
      expectedBlobs: number
      importedBlobs: number
    }
    errors: never
  }
  'com.atproto.server.describeServer': {
    params: Record<string, never>
    output: {
      inviteCodeRequired?: boolean | undefined
      phoneVerificationRequired?: boolean | undefined
      blobUploadLimit?: number | undefined
      availableUserDomains: string[]
      links?: ComAtprotoServerDescribeServerLinks | undefined
      contact?: ComAtprotoServerDescribeServerContact | undefined
      did: Did
    }
    errors: never
  }
  'com.atproto.server.getAccountInviteCodes': {
    params: {
      /** @default true */
      includeUsed?: boolean | undefined
      /** @default true */
      createAvailable?: boolean | undefined
    }
    output: {
      codes: ComAtprotoServerDefsInviteCode[]
    }
    errors: 'DuplicateCreate'
  }
  'com.atproto.server.getServiceAuth': {
    params: {
      aud: string
      exp?: number | undefined
      lxm?: string | undefined
    }
    output: {
      token: string
    }
    errors: 'BadExpiration'
  }
  'com.atproto.server.getSession': {
    params: Record<string, never>
    output: {
      handle: string
      did: Did
      didDoc?: UnknownObject | undefined
      email?: string | undefined
      emailConfirmed?: boolean | undefined
      emailAuthFactor?: boolean | undefined
      active?: boolean | undefined
      status?: 'takendown' | 'suspended' | 'deactivated' | (string & {}) | undefined
    }
    errors: never
  }
  'com.atproto.server.listAppPasswords': {
    params: Record<string, never>
    output: {
      passwords: ComAtprotoServerListAppPasswordsAppPassword[]
    }
    errors: 'AccountTakedown'
  }
  'com.atproto.sync.getBlob': {
    params: {
      did: Did
      cid: string
    }
    outputEncoding: '*/*'
    errors: 'BlobNotFound' | 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.getBlocks': {
    params: {
      did: Did
      cids: string[]
    }
    outputEncoding: 'application/vnd.ipld.car'
    errors: 'BlockNotFound' | 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.getCheckout': {
    params: {
      did: Did
    }
    outputEncoding: 'application/vnd.ipld.car'
    errors: never
  }
  'com.atproto.sync.getHead': {
    params: {
      did: Did
    }
    output: {
      root: string
    }
    errors: 'HeadNotFound'
  }
  'com.atproto.sync.getHostStatus': {
    params: {
      hostname: string
    }
    output: {
      hostname: string
      seq?: number | undefined
      accountCount?: number | undefined
      status?: ComAtprotoSyncDefsHostStatus | undefined
    }
    errors: 'HostNotFound'
  }
  'com.atproto.sync.getLatestCommit': {
    params: {
      did: Did
    }
    output: {
      cid: string
      rev: string
    }
    errors: 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.getRecord': {
    params: {
      did: Did
      collection: string
      rkey: string
    }
    outputEncoding: 'application/vnd.ipld.car'
    errors: 'RecordNotFound' | 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.getRepo': {
    params: {
      did: Did
      since?: string | undefined
    }
    outputEncoding: 'application/vnd.ipld.car'
    errors: 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.getRepoStatus': {
    params: {
      did: Did
    }
    output: {
      did: Did
      active: boolean
      status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {}) | undefined
      rev?: string | undefined
    }
    errors: 'RepoNotFound'
  }
  'com.atproto.sync.listBlobs': {
    params: {
      did: Did
      since?: string | undefined
      /** @default 500 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      cids: string[]
    }
    errors: 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'
  }
  'com.atproto.sync.listHosts': {
    params: {
      /** @default 200 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      hosts: ComAtprotoSyncListHostsHost[]
    }
    errors: never
  }
  'com.atproto.sync.listRepos': {
    params: {
      /** @default 500 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      repos: ComAtprotoSyncListReposRepo[]
    }
    errors: never
  }
  'com.atproto.sync.listReposByCollection': {
    params: {
      collection: string
      /** @default 500 */
      limit?: number | undefined
      cursor?: string | undefined
    }
    output: {
      cursor?: string | undefined
      repos: ComAtprotoSyncListReposByCollectionRepo[]
    }
    errors: never
  }
  'com.atproto.temp.checkHandleAvailability': {
    params: {
      handle: string
      email?: string | undefined
      birthDate?: string | undefined
    }
    output: {
      handle: string
      result:
        | (ComAtprotoTempCheckHandleAvailabilityResultAvailable & { $type: 'com.atproto.temp.checkHandleAvailability#resultAvailable' })
        | (ComAtprotoTempCheckHandleAvailabilityResultUnavailable & { $type: 'com.atproto.temp.checkHandleAvailability#resultUnavailable' })
        | UnknownVariant
    }
    errors: 'InvalidEmail'
  }
  'com.atproto.temp.checkSignupQueue': {
    params: Record<string, never>
    output: {
      activated: boolean
      placeInQueue?: number | undefined
      estimatedTimeMs?: number | undefined
    }
    errors: never
  }
  'com.atproto.temp.dereferenceScope': {
    params: {
      scope: string
    }
    output: {
      scope: string
    }
    errors: 'InvalidScopeReference'
  }
  'com.atproto.temp.fetchLabels': {
    params: {
      since?: number | undefined
      /** @default 50 */
      limit?: number | undefined
    }
    output: {
      labels: ComAtprotoLabelDefsLabel[]
    }
    errors: never
  }
}

export interface ComAtprotoProcedures {
  'com.atproto.admin.deleteAccount': {
    params: Record<string, never>
    input: {
      did: Did
    }
    errors: never
  }
  'com.atproto.admin.disableAccountInvites': {
    params: Record<string, never>
    input: {
      account: Did
      note?: string | undefined
    }
    errors: never
  }
  'com.atproto.admin.disableInviteCodes': {
    params: Record<string, never>
    input: {
      codes?: string[] | undefined
      accounts?: string[] | undefined
    }
    errors: never
  }
  'com.atproto.admin.enableAccountInvites': {
    params: Record<string, never>
    input: {
      account: Did
      note?: string | undefined
    }
    errors: never
  }
  'com.atproto.admin.sendEmail': {
    params: Record<string, never>
    input: {
      recipientDid: Did
      content: string
      subject?: string | undefined
      senderDid: Did
      comment?: string | undefined
    }
    output: {
      sent: boolean
    }
    errors: never
  }
  'com.atproto.admin.updateAccountEmail': {
    params: Record<string, never>
    input: {
      account: string
      email: string
    }
    errors: never
  }
  'com.atproto.admin.updateAccountHandle': {
    params: Record<string, never>
    input: {
      did: Did
      handle: string
    }
    errors: never
  }
  'com.atproto.admin.updateAccountPassword': {
    params: Record<string, never>
    input: {
      did: Did
      password: string
    }
    errors: never
  }
  'com.atproto.admin.updateAccountSigningKey': {
    params: Record<string, never>
    input: {
      did: Did
      signingKey: Did
    }
    errors: never
  }
  'com.atproto.admin.updateSubjectStatus': {
    params: Record<string, never>
    input: {
      subject:
        | (ComAtprotoAdminDefsRepoRef & { $type: 'com.atproto.admin.defs#repoRef' })
        | (ComAtprotoRepoStrongRef & { $type: 'com.atproto.repo.strongRef' })
        | (ComAtprotoAdminDefsRepoBlobRef & { $type: 'com.atproto.admin.defs#repoBlobRef' })
        | UnknownVariant
      takedown?: ComAtprotoAdminDefsStatusAttr | undefined
      deactivated?: ComAtprotoAdminDefsStatusAttr | undefined
    }
    output: {
      subject:
        | (ComAtprotoAdminDefsRepoRef & { $type: 'com.atproto.admin.defs#repoRef' })
        | (ComAtprotoRepoStrongRef & { $type: 'com.atproto.repo.strongRef' })
        | (ComAtprotoAdminDefsRepoBlobRef & { $type: 'com.atproto.admin.defs#repoBlobRef' })
        | UnknownVariant
      takedown?: ComAtprotoAdminDefsStatusAttr | undefined
    }
    errors: never
  }
  'com.atproto.identity.refreshIdentity': {
    params: Record<string, never>
    input: {
      identifier: string
    }
    output: ComAtprotoIdentityDefsIdentityInfo
    errors: 'HandleNotFound' | 'DidNotFound' | 'DidDeactivated'
  }
  'com.atproto.identity.requestPlcOperationSignature': {
    params: Record<string, never>
    errors: never
  }
  'com.atproto.identity.signPlcOperation': {
    params: Record<string, never>
    input: {
      token?: string | undefined
      rotationKeys?: string[] | undefined
      alsoKnownAs?: string[] | undefined
      verificationMethods?: UnknownObject | undefined
      services?: UnknownObject | undefined
    }
    output: {
      operation: UnknownObject
    }
    errors: never
  }
  'com.atproto.identity.submitPlcOperation': {
    params: Record<string, never>
    input: {
      operation: UnknownObject
    }
    errors: never
  }
  'com.atproto.identity.updateHandle': {
    params: Record<string, never>
    input: {
      handle: string
    }
    errors: never
  }
  'com.atproto.moderation.createReport': {
    params: Record<string, never>
    input: {
      reasonType: ComAtprotoModerationDefsReasonType
      reason?: string | undefined
      subject:
        | (ComAtprotoAdminDefsRepoRef & { $type: 'com.atproto.admin.defs#repoRef' })
        | (ComAtprotoRepoStrongRef & { $type: 'com.atproto.repo.strongRef' })
        | UnknownVariant
      modTool?: ComAtprotoModerationCreateReportModTool | undefined
    }
    output: {
      id: number
      reasonType: ComAtprotoModerationDefsReasonType
      reason?: string | undefined
      subject:
        | (ComAtprotoAdminDefsRepoRef & { $type: 'com.atproto.admin.defs#repoRef' })
        | (ComAtprotoRepoStrongRef & { $type: 'com.atproto.repo.strongRef' })
        | UnknownVariant
      reportedBy: Did
      createdAt: string
    }
    errors: never
  }
  'com.atproto.repo.applyWrites': {
    params: Record<string, never>
    input: {
      repo: string
      validate?: boolean | undefined
      writes: (
        | (ComAtprotoRepoApplyWritesCreate & { $type: 'com.atproto.repo.applyWrites#create' })
        | (ComAtprotoRepoApplyWritesUpdate & { $type: 'com.atproto.repo.applyWrites#update' })
        | (ComAtprotoRepoApplyWritesDelete & { $type: 'com.atproto.repo.applyWrites#delete' }))[]
      swapCommit?: string | undefined
    }
    output: {
      commit?: ComAtprotoRepoDefsCommitMeta | undefined
      results?: (
        | (ComAtprotoRepoApplyWritesCreateResult & { $type: 'com.atproto.repo.applyWrites#createResult' })
        | (ComAtprotoRepoApplyWritesUpdateResult & { $type: 'com.atproto.repo.applyWrites#updateResult' })
        | (ComAtprotoRepoApplyWritesDeleteResult & { $type: 'com.atproto.repo.applyWrites#deleteResult' }))[] | undefined
    }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.createRecord': {
    params: Record<string, never>
    input: {
      repo: string
      collection: string
      rkey?: string | undefined
      validate?: boolean | undefined
      record: UnknownObject
      swapCommit?: string | undefined
    }
    output: {
      uri: string
      cid: string
      commit?: ComAtprotoRepoDefsCommitMeta | undefined
      validationStatus?: 'valid' | 'unknown' | (string & {}) | undefined
    }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.deleteRecord': {
    params: Record<string, never>
    input: {
      repo: string
      collection: string
      rkey: string
      swapRecord?: string | undefined
      swapCommit?: string | undefined
    }
    output: {
      commit?: ComAtprotoRepoDefsCommitMeta | undefined
    }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.importRepo': {
    params: Record<string, never>
    inputEncoding: 'application/vnd.ipld.car'
    errors: never
  }
  'com.atproto.repo.putRecord': {
    params: Record<string, never>
    input: {
      repo: string
      collection: string
      rkey: string
      validate?: boolean | undefined
      record: UnknownObject
      swapRecord?: string | null | undefined
      swapCommit?: string | undefined
    }
    output: {
      uri: string
      cid: string
      commit?: ComAtprotoRepoDefsCommitMeta | undefined
      validationStatus?: 'valid' | 'unknown' | (string & {}) | undefined
    }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.uploadBlob': {
    params: Record<string, never>
    inputEncoding: '*/*'
    output: {
      blob: BlobRef
    }
    errors: never
  }
  'com.atproto.server.activateAccount': {
    params: Record<string, never>
    errors: never
  }
  'com.atproto.server.confirmEmail': {
    params: Record<string, never>
    input: {
      email: string
      token: string
    }
    errors: 'AccountNotFound' | 'ExpiredToken' | 'InvalidToken' | 'InvalidEmail'
  }
  'com.atproto.server.createAccount': {
    params: Record<string, never>
    input: {
      email?: string | undefined
      handle: string
      did?: Did | undefined
      inviteCode?: string | undefined
      verificationCode?: string | undefined
      verificationPhone?: string | undefined
      password?: string | undefined
      recoveryKey?: string | undefined
      plcOp?: UnknownObject | undefined
    }
    output: {
      accessJwt: string
      refreshJwt: string
      handle: string
      did: Did
      didDoc?: UnknownObject | undefined
    }
    errors: 'InvalidHandle' | 'InvalidPassword' | 'InvalidInviteCode' | 'HandleNotAvailable' | 'UnsupportedDomain' | 'UnresolvableDid' | 'IncompatibleDidDoc'
  }
  'com.atproto.server.createAppPassword': {
    params: Record<string, never>
    input: {
      name: string
      privileged?: boolean | undefined
    }
    output: ComAtprotoServerCreateAppPasswordAppPassword
    errors: 'AccountTakedown'
  }
  'com.atproto.server.createInviteCode': {
    params: Record<string, never>
    input: {
      useCount: number
      forAccount?: Did | undefined
    }
    output: {
      code: string
    }
    errors: never
  }
  'com.atproto.server.createInviteCodes': {
    params: Record<string, never>
    input: {
      /** @default 1 */
      codeCount: number
      useCount: number
      forAccounts?: Did[] | undefined
    }
    output: {
      codes: ComAtprotoServerCreateInviteCodesAccountCodes[]
    }
    errors: never
  }
  'com.atproto.server.createSession': {
    params: Record<string, never>
    input: {
      identifier: string
      password: string
      authFactorToken?: string | undefined
      allowTakendown?: boolean | undefined
    }
    output: {
      accessJwt: string
      refreshJwt: string
      handle: string
      did: Did
      didDoc?: UnknownObject | undefined
      email?: string | undefined
      emailConfirmed?: boolean | undefined
      emailAuthFactor?: boolean | undefined
      active?: boolean | undefined
      status?: 'takendown' | 'suspended' | 'deactivated' | (string & {}) | undefined
    }
    errors: 'AccountTakedown' | 'AuthFactorTokenRequired'
  }
  'com.atproto.server.deactivateAccount': {
    params: Record<string, never>
    input: {
      deleteAfter?: string | undefined
    }
    errors: never
  }
  'com.atproto.server.deleteAccount': {
    params: Record<string, never>
    input: {
      did: Did
      password: string
      token: string
    }
    errors: 'ExpiredToken' | 'InvalidToken'
  }
  'com.atproto.server.deleteSession': {
    params: Record<string, never>
    errors: 'InvalidToken' | 'ExpiredToken'
  }
  'com.atproto.server.refreshSession': {
    params: Record<string, never>
    output: {
      accessJwt: string
      refreshJwt: string
      handle: string
      did: Did
      didDoc?: UnknownObject | undefined
      email?: string | undefined
      emailConfirmed?: boolean | undefined
      emailAuthFactor?: boolean | undefined
      active?: boolean | undefined
      status?: 'takendown' | 'suspended' | 'deactivated' | (string & {}) | undefined
    }
    errors: 'AccountTakedown' | 'InvalidToken' | 'ExpiredToken'
  }
  'com.atproto.server.requestAccountDelete': {
    params: Record<string, never>
    errors: never
  }
  'com.atproto.server.requestEmailConfirmation': {
    params: Record<string, never>
    errors: never
  }
  'com.atproto.server.requestEmailUpdate': {
    params: Record<string, never>
    output: {
      tokenRequired: boolean
    }
    errors: never
  }
  'com.atproto.server.requestPasswordReset': {
    params: Record<string, never>
    input: {
      email: string
    }
    errors: never
  }
  'com.atproto.server.reserveSigningKey': {
    params: Record<string, never>
    input: {
      did?: Did | undefined
    }
    output: {
      signingKey: string
    }
    errors: never
  }
  'com.atproto.server.resetPassword': {
    params: Record<string, never>
    input: {
      token: string
      password: string
    }
    errors: 'ExpiredToken' | 'InvalidToken'
  }
  'com.atproto.server.revokeAppPassword': {
    params: Record<string, never>
    input: {
      name: string
    }
    errors: never
  }
  'com.atproto.server.updateEmail': {
    params: Record<string, never>
    input: {
      email: string
      emailAuthFactor?: boolean | undefined
      token?: string | undefined
    }
    errors: 'ExpiredToken' | 'InvalidToken' | 'TokenRequired'
  }
  'com.atproto.sync.notifyOfUpdate': {
    params: Record<string, never>
    input: {
      hostname: string
    }
    errors: never
  }
  'com.atproto.sync.requestCrawl': {
    params: Record<string, never>
    input: {
      hostname: string
    }
    errors: 'HostBanned'
  }
  'com.atproto.temp.addReservedHandle': {
    params: Record<string, never>
    input: {
      handle: string
    }
    output: Record<string, never>
    errors: never
  }
  'com.atproto.temp.requestPhoneVerification': {
    params: Record<string, never>
    input: {
      phoneNumber: string
    }
    errors: never
  }
  'com.atproto.temp.revokeAccountCredentials': {
    params: Record<string, never>
    input: {
      account: string
    }
    errors: never
  }
}

export interface ComAtprotoRecords {
  'com.atproto.lexicon.schema': ComAtprotoLexiconSchema
}

export interface ComAtprotoDefinitions {
  'com.atproto.admin.defs#statusAttr': ComAtprotoAdminDefsStatusAttr
  'com.atproto.admin.defs#accountView': ComAtprotoAdminDefsAccountView
  'com.atproto.admin.defs#repoRef': ComAtprotoAdminDefsRepoRef
  'com.atproto.admin.defs#repoBlobRef': ComAtprotoAdminDefsRepoBlobRef
  'com.atproto.admin.defs#threatSignature': ComAtprotoAdminDefsThreatSignature
  'com.atproto.identity.defs#identityInfo': ComAtprotoIdentityDefsIdentityInfo
  'com.atproto.label.defs#label': ComAtprotoLabelDefsLabel
  'com.atproto.label.defs#selfLabels': ComAtprotoLabelDefsSelfLabels
  'com.atproto.label.defs#selfLabel': ComAtprotoLabelDefsSelfLabel
  'com.atproto.label.defs#labelValueDefinition': ComAtprotoLabelDefsLabelValueDefinition
  'com.atproto.label.defs#labelValueDefinitionStrings': ComAtprotoLabelDefsLabelValueDefinitionStrings
  'com.atproto.label.defs#labelValue': ComAtprotoLabelDefsLabelValue
  'com.atproto.label.subscribeLabels#labels': ComAtprotoLabelSubscribeLabelsLabels
  'com.atproto.label.subscribeLabels#info': ComAtprotoLabelSubscribeLabelsInfo
  'com.atproto.moderation.createReport#modTool': ComAtprotoModerationCreateReportModTool
  'com.atproto.moderation.defs#reasonType': ComAtprotoModerationDefsReasonType
  'com.atproto.moderation.defs#reasonSpam': ComAtprotoModerationDefsReasonSpam
  'com.atproto.moderation.defs#reasonViolation': ComAtprotoModerationDefsReasonViolation
  'com.atproto.moderation.defs#reasonMisleading': ComAtprotoModerationDefsReasonMisleading
  'com.atproto.moderation.defs#reasonSexual': ComAtprotoModerationDefsReasonSexual
  'com.atproto.moderation.defs#reasonRude': ComAtprotoModerationDefsReasonRude
  'com.atproto.moderation.defs#reasonOther': ComAtprotoModerationDefsReasonOther
  'com.atproto.moderation.defs#reasonAppeal': ComAtprotoModerationDefsReasonAppeal
  'com.atproto.moderation.defs#subjectType': ComAtprotoModerationDefsSubjectType
  'com.atproto.repo.applyWrites#create': ComAtprotoRepoApplyWritesCreate
  'com.atproto.repo.applyWrites#update': ComAtprotoRepoApplyWritesUpdate
  'com.atproto.repo.applyWrites#delete': ComAtprotoRepoApplyWritesDelete
  'com.atproto.repo.applyWrites#createResult': ComAtprotoRepoApplyWritesCreateResult
  'com.atproto.repo.applyWrites#updateResult': ComAtprotoRepoApplyWritesUpdateResult
  'com.atproto.repo.applyWrites#deleteResult': ComAtprotoRepoApplyWritesDeleteResult
  'com.atproto.repo.defs#commitMeta': ComAtprotoRepoDefsCommitMeta
  'com.atproto.repo.listMissingBlobs#recordBlob': ComAtprotoRepoListMissingBlobsRecordBlob
  'com.atproto.repo.listRecords#record': ComAtprotoRepoListRecordsRecord
  'com.atproto.repo.strongRef': ComAtprotoRepoStrongRef
  'com.atproto.server.createAppPassword#appPassword': ComAtprotoServerCreateAppPasswordAppPassword
  'com.atproto.server.createInviteCodes#accountCodes': ComAtprotoServerCreateInviteCodesAccountCodes
  'com.atproto.server.defs#inviteCode': ComAtprotoServerDefsInviteCode
  'com.atproto.server.defs#inviteCodeUse': ComAtprotoServerDefsInviteCodeUse
  'com.atproto.server.describeServer#links': ComAtprotoServerDescribeServerLinks
  'com.atproto.server.describeServer#contact': ComAtprotoServerDescribeServerContact
  'com.atproto.server.listAppPasswords#appPassword': ComAtprotoServerListAppPasswordsAppPassword
  'com.atproto.sync.defs#hostStatus': ComAtprotoSyncDefsHostStatus
  'com.atproto.sync.listHosts#host': ComAtprotoSyncListHostsHost
  'com.atproto.sync.listRepos#repo': ComAtprotoSyncListReposRepo
  'com.atproto.sync.listReposByCollection#repo': ComAtprotoSyncListReposByCollectionRepo
  'com.atproto.sync.subscribeRepos#commit': ComAtprotoSyncSubscribeReposCommit
  'com.atproto.sync.subscribeRepos#sync': ComAtprotoSyncSubscribeReposSync
  'com.atproto.sync.subscribeRepos#identity': ComAtprotoSyncSubscribeReposIdentity
  'com.atproto.sync.subscribeRepos#account': ComAtprotoSyncSubscribeReposAccount
  'com.atproto.sync.subscribeRepos#info': ComAtprotoSyncSubscribeReposInfo
  'com.atproto.sync.subscribeRepos#repoOp': ComAtprotoSyncSubscribeReposRepoOp
  'com.atproto.temp.checkHandleAvailability#resultAvailable': ComAtprotoTempCheckHandleAvailabilityResultAvailable
  'com.atproto.temp.checkHandleAvailability#resultUnavailable': ComAtprotoTempCheckHandleAvailabilityResultUnavailable
  'com.atproto.temp.checkHandleAvailability#suggestion': ComAtprotoTempCheckHandleAvailabilitySuggestion
}

type ComAtprotoAdminDefsStatusAttr = {
  $type?: 'com.atproto.admin.defs#statusAttr' | undefined
  applied: boolean
  ref?: string | undefined
}

type ComAtprotoAdminDefsAccountView = {
  $type?: 'com.atproto.admin.defs#accountView' | undefined
  did: Did
  handle: string
  email?: string | undefined
  relatedRecords?: UnknownObject[] | undefined
  indexedAt: string
  invitedBy?: ComAtprotoServerDefsInviteCode | undefined
  invites?: ComAtprotoServerDefsInviteCode[] | undefined
  invitesDisabled?: boolean | undefined
  emailConfirmedAt?: string | undefined
  inviteNote?: string | undefined
  deactivatedAt?: string | undefined
  threatSignatures?: ComAtprotoAdminDefsThreatSignature[] | undefined
}

type ComAtprotoAdminDefsRepoRef = {
  $type?: 'com.atproto.admin.defs#repoRef' | undefined
  did: Did
}

type ComAtprotoAdminDefsRepoBlobRef = {
  $type?: 'com.atproto.admin.defs#repoBlobRef' | undefined
  did: Did
  cid: string
  recordUri?: string | undefined
}

type ComAtprotoAdminDefsThreatSignature = {
  $type?: 'com.atproto.admin.defs#threatSignature' | undefined
  property: string
  value: string
}

type ComAtprotoIdentityDefsIdentityInfo = {
  $type?: 'com.atproto.identity.defs#identityInfo' | undefined
  did: Did
  handle: string
  didDoc: UnknownObject
}

type ComAtprotoLabelDefsLabel = {
  $type?: 'com.atproto.label.defs#label' | undefined
  ver?: number | undefined
  src: Did
  uri: string
  cid?: string | undefined
  val: string
  neg?: boolean | undefined
  cts: string
  exp?: string | undefined
  sig?: Bytes | undefined
}

type ComAtprotoLabelDefsSelfLabels = {
  $type?: 'com.atproto.label.defs#selfLabels' | undefined
  values: ComAtprotoLabelDefsSelfLabel[]
}

type ComAtprotoLabelDefsSelfLabel = {
  $type?: 'com.atproto.label.defs#selfLabel' | undefined
  val: string
}

type ComAtprotoLabelDefsLabelValueDefinition = {
  $type?: 'com.atproto.label.defs#labelValueDefinition' | undefined
  identifier: string
  severity: 'inform' | 'alert' | 'none' | (string & {})
  blurs: 'content' | 'media' | 'none' | (string & {})
  /** @default "warn" */
  defaultSetting?: 'ignore' | 'warn' | 'hide' | (string & {}) | undefined
  adultOnly?: boolean | undefined
  locales: ComAtprotoLabelDefsLabelValueDefinitionStrings[]
}

type ComAtprotoLabelDefsLabelValueDefinitionStrings = {
  $type?: 'com.atproto.label.defs#labelValueDefinitionStrings' | undefined
  lang: string
  name: string
  description: string
}

type ComAtprotoLabelDefsLabelValue = '!hide' | '!warn' | '!no-unauthenticated' | 'porn' | 'sexual' | 'nudity' | 'graphic-media' | 'bot' | (string & {})

type ComAtprotoLabelSubscribeLabelsLabels = {
  $type?: 'com.atproto.label.subscribeLabels#labels' | undefined
  seq: number
  labels: ComAtprotoLabelDefsLabel[]
}

type ComAtprotoLabelSubscribeLabelsInfo = {
  $type?: 'com.atproto.label.subscribeLabels#info' | undefined
  name: 'OutdatedCursor' | (string & {})
  message?: string | undefined
}

type ComAtprotoLexiconSchema = {
  $type?: 'com.atproto.lexicon.schema' | undefined
  lexicon: number
}

type ComAtprotoModerationCreateReportModTool = {
  $type?: 'com.atproto.moderation.createReport#modTool' | undefined
  name: string
  meta?: UnknownObject | undefined
}

type ComAtprotoModerationDefsReasonType = 'com.atproto.moderation.defs#reasonSpam' | 'com.atproto.moderation.defs#reasonViolation' | 'com.atproto.moderation.defs#reasonMisleading' | 'com.atproto.moderation.defs#reasonSexual' | 'com.atproto.moderation.defs#reasonRude' | 'com.atproto.moderation.defs#reasonOther' | 'com.atproto.moderation.defs#reasonAppeal' | 'tools.ozone.report.defs#reasonAppeal' | 'tools.ozone.report.defs#reasonOther' | 'tools.ozone.report.defs#reasonViolenceAnimal' | 'tools.ozone.report.defs#reasonViolenceThreats' | 'tools.ozone.report.defs#reasonViolenceGraphicContent' | 'tools.ozone.report.defs#reasonViolenceGlorification' | 'tools.ozone.report.defs#reasonViolenceExtremistContent' | 'tools.ozone.report.defs#reasonViolenceTrafficking' | 'tools.ozone.report.defs#reasonViolenceOther' | 'tools.ozone.report.defs#reasonSexualAbuseContent' | 'tools.ozone.report.defs#reasonSexualNCII' | 'tools.ozone.report.defs#reasonSexualDeepfake' | 'tools.ozone.report.defs#reasonSexualAnimal' | 'tools.ozone.report.defs#reasonSexualUnlabeled' | 'tools.ozone.report.defs#reasonSexualOther' | 'tools.ozone.report.defs#reasonChildSafetyCSAM' | 'tools.ozone.report.defs#reasonChildSafetyGroom' | 'tools.ozone.report.defs#reasonChildSafetyPrivacy' | 'tools.ozone.report.defs#reasonChildSafetyHarassment' | 'tools.ozone.report.defs#reasonChildSafetyOther' | 'tools.ozone.report.defs#reasonHarassmentTroll' | 'tools.ozone.report.defs#reasonHarassmentTargeted' | 'tools.ozone.report.defs#reasonHarassmentHateSpeech' | 'tools.ozone.report.defs#reasonHarassmentDoxxing' | 'tools.ozone.report.defs#reasonHarassmentOther' | 'tools.ozone.report.defs#reasonMisleadingBot' | 'tools.ozone.report.defs#reasonMisleadingImpersonation' | 'tools.ozone.report.defs#reasonMisleadingSpam' | 'tools.ozone.report.defs#reasonMisleadingScam' | 'tools.ozone.report.defs#reasonMisleadingElections' | 'tools.ozone.report.defs#reasonMisleadingOther' | 'tools.ozone.report.defs#reasonRuleSiteSecurity' | 'tools.ozone.report.defs#reasonRuleProhibitedSales' | 'tools.ozone.report.defs#reasonRuleBanEvasion' | 'tools.ozone.report.defs#reasonRuleOther' | 'tools.ozone.report.defs#reasonSelfHarmContent' | 'tools.ozone.report.defs#reasonSelfHarmED' | 'tools.ozone.report.defs#reasonSelfHarmStunts' | 'tools.ozone.report.defs#reasonSelfHarmSubstances' | 'tools.ozone.report.defs#reasonSelfHarmOther' | (string & {})

type ComAtprotoModerationDefsReasonSpam = 'com.atproto.moderation.defs#reasonSpam'

type ComAtprotoModerationDefsReasonViolation = 'com.atproto.moderation.defs#reasonViolation'

type ComAtprotoModerationDefsReasonMisleading = 'com.atproto.moderation.defs#reasonMisleading'

type ComAtprotoModerationDefsReasonSexual = 'com.atproto.moderation.defs#reasonSexual'

type ComAtprotoModerationDefsReasonRude = 'com.atproto.moderation.defs#reasonRude'

type ComAtprotoModerationDefsReasonOther = 'com.atproto.moderation.defs#reasonOther'

type ComAtprotoModerationDefsReasonAppeal = 'com.atproto.moderation.defs#reasonAppeal'

type ComAtprotoModerationDefsSubjectType = 'account' | 'record' | 'chat' | (string & {})

type ComAtprotoRepoApplyWritesCreate = {
  $type?: 'com.atproto.repo.applyWrites#create' | undefined
  collection: string
  rkey?: string | undefined
  value: UnknownObject
}

type ComAtprotoRepoApplyWritesUpdate = {
  $type?: 'com.atproto.repo.applyWrites#update' | undefined
  collection: string
  rkey: string
  value: UnknownObject
}

type ComAtprotoRepoApplyWritesDelete = {
  $type?: 'com.atproto.repo.applyWrites#delete' | undefined
  collection: string
  rkey: string
}

type ComAtprotoRepoApplyWritesCreateResult = {
  $type?: 'com.atproto.repo.applyWrites#createResult' | undefined
  uri: string
  cid: string
  validationStatus?: 'valid' | 'unknown' | (string & {}) | undefined
}

type ComAtprotoRepoApplyWritesUpdateResult = {
  $type?: 'com.atproto.repo.applyWrites#updateResult' | undefined
  uri: string
  cid: string
  validationStatus?: 'valid' | 'unknown' | (string & {}) | undefined
}

type ComAtprotoRepoApplyWritesDeleteResult = {
  $type?: 'com.atproto.repo.applyWrites#deleteResult' | undefined
}

type ComAtprotoRepoDefsCommitMeta = {
  $type?: 'com.atproto.repo.defs#commitMeta' | undefined
  cid: string
  rev: string
}

type ComAtprotoRepoListMissingBlobsRecordBlob = {
  $type?: 'com.atproto.repo.listMissingBlobs#recordBlob' | undefined
  cid: string
  recordUri: string
}

type ComAtprotoRepoListRecordsRecord = {
  $type?: 'com.atproto.repo.listRecords#record' | undefined
  uri: string
  cid: string
  value: UnknownObject
}

type ComAtprotoRepoStrongRef = {
  $type?: 'com.atproto.repo.strongRef' | undefined
  uri: string
  cid: string
}

type ComAtprotoServerCreateAppPasswordAppPassword = {
  $type?: 'com.atproto.server.createAppPassword#appPassword' | undefined
  name: string
  password: string
  createdAt: string
  privileged?: boolean | undefined
}

type ComAtprotoServerCreateInviteCodesAccountCodes = {
  $type?: 'com.atproto.server.createInviteCodes#accountCodes' | undefined
  account: string
  codes: string[]
}

type ComAtprotoServerDefsInviteCode = {
  $type?: 'com.atproto.server.defs#inviteCode' | undefined
  code: string
  available: number
  disabled: boolean
  forAccount: string
  createdBy: string
  createdAt: string
  uses: ComAtprotoServerDefsInviteCodeUse[]
}

type ComAtprotoServerDefsInviteCodeUse = {
  $type?: 'com.atproto.server.defs#inviteCodeUse' | undefined
  usedBy: Did
  usedAt: string
}

type ComAtprotoServerDescribeServerLinks = {
  $type?: 'com.atproto.server.describeServer#links' | undefined
  privacyPolicy?: string | undefined
  termsOfService?: string | undefined
}

type ComAtprotoServerDescribeServerContact = {
  $type?: 'com.atproto.server.describeServer#contact' | undefined
  email?: string | undefined
}

type ComAtprotoServerListAppPasswordsAppPassword = {
  $type?: 'com.atproto.server.listAppPasswords#appPassword' | undefined
  name: string
  createdAt: string
  privileged?: boolean | undefined
}

type ComAtprotoSyncDefsHostStatus = 'active' | 'idle' | 'offline' | 'throttled' | 'banned' | (string & {})

type ComAtprotoSyncListHostsHost = {
  $type?: 'com.atproto.sync.listHosts#host' | undefined
  hostname: string
  seq?: number | undefined
  accountCount?: number | undefined
  status?: ComAtprotoSyncDefsHostStatus | undefined
}

type ComAtprotoSyncListReposRepo = {
  $type?: 'com.atproto.sync.listRepos#repo' | undefined
  did: Did
  head: string
  rev: string
  active?: boolean | undefined
  status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {}) | undefined
}

type ComAtprotoSyncListReposByCollectionRepo = {
  $type?: 'com.atproto.sync.listReposByCollection#repo' | undefined
  did: Did
}

type ComAtprotoSyncSubscribeReposCommit = {
  $type?: 'com.atproto.sync.subscribeRepos#commit' | undefined
  seq: number
  rebase: boolean
  tooBig: boolean
  repo: Did
  commit: CidLink
  rev: string
  since: string | null
  blocks: Bytes
  ops: ComAtprotoSyncSubscribeReposRepoOp[]
  blobs: CidLink[]
  prevData?: CidLink | undefined
  time: string
}

type ComAtprotoSyncSubscribeReposSync = {
  $type?: 'com.atproto.sync.subscribeRepos#sync' | undefined
  seq: number
  did: Did
  blocks: Bytes
  rev: string
  time: string
}

type ComAtprotoSyncSubscribeReposIdentity = {
  $type?: 'com.atproto.sync.subscribeRepos#identity' | undefined
  seq: number
  did: Did
  time: string
  handle?: string | undefined
}

type ComAtprotoSyncSubscribeReposAccount = {
  $type?: 'com.atproto.sync.subscribeRepos#account' | undefined
  seq: number
  did: Did
  time: string
  active: boolean
  status?: 'takendown' | 'suspended' | 'deleted' | 'deactivated' | 'desynchronized' | 'throttled' | (string & {}) | undefined
}

type ComAtprotoSyncSubscribeReposInfo = {
  $type?: 'com.atproto.sync.subscribeRepos#info' | undefined
  name: 'OutdatedCursor' | (string & {})
  message?: string | undefined
}

type ComAtprotoSyncSubscribeReposRepoOp = {
  $type?: 'com.atproto.sync.subscribeRepos#repoOp' | undefined
  action: 'create' | 'update' | 'delete' | (string & {})
  path: string
  cid: CidLink | null
  prev?: CidLink | undefined
}

type ComAtprotoTempCheckHandleAvailabilityResultAvailable = {
  $type?: 'com.atproto.temp.checkHandleAvailability#resultAvailable' | undefined
}

type ComAtprotoTempCheckHandleAvailabilityResultUnavailable = {
  $type?: 'com.atproto.temp.checkHandleAvailability#resultUnavailable' | undefined
  suggestions: ComAtprotoTempCheckHandleAvailabilitySuggestion[]
}

type ComAtprotoTempCheckHandleAvailabilitySuggestion = {
  $type?: 'com.atproto.temp.checkHandleAvailability#suggestion' | undefined
  handle: string
  method: string
}
