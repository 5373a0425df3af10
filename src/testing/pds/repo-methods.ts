import type { Methods } from './method.ts'
import type { PdsOptions } from './pds.ts'
import { requireCaller } from './server-methods.ts'

/** `com.atproto.repo.*` */
export function repoMethods({ repositories }: PdsOptions): Methods {
  return {
    'com.atproto.repo.createRecord': {
      verb: 'POST',
      answer: ({ request, caller }) => repositories.create(request, requireCaller(caller).did),
    },
    'com.atproto.repo.getRecord': { verb: 'GET', answer: ({ params }) => repositories.get(params) },
  }
}
