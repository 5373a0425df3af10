/** JSON as the reference server sends it: its type says the charset too, so that nobody compares it with a bare one. */
export function answerJson(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { 'content-type': 'application/json; charset=utf-8' } })
}
