// A Worker: the titles come as the body of a request, and the results go as that of its response.
import { runChecks } from './checks/run-checks.ts'

// oxlint-disable-next-line import/no-default-export -- what a Worker is
export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await runChecks(await request.json()))
  },
}
