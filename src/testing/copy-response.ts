/** A copy whose headers are ours to change, with another body where one is given. */
export function copyResponse(response: Response, body: BodyInit | null = response.body): Response {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  if (body !== response.body) headers.delete('content-length')
  return new Response(body, { status, statusText, headers })
}
