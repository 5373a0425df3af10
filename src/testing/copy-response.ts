/** A copy whose headers are ours to change, with another body or status where one is given. */
export function copyResponse(
  response: Response,
  body: BodyInit | null = response.body,
  status: number = response.status,
): Response {
  const { statusText } = response
  const headers = new Headers(response.headers)
  if (body !== response.body) headers.delete('content-length')
  return new Response(body, { status, statusText, headers })
}
