import { copyResponse } from '../copy-response.ts'

/** The response with its JSON changed. A change that gives nothing back has changed the object in place. */
export async function changeJson(
  response: Response,
  change: (object: Record<string, unknown>) => unknown,
): Promise<Response> {
  const object = (await readJson(response)) as Record<string, unknown>
  const changed = await change(object)
  return copyResponse(response, JSON.stringify(changed === undefined ? object : changed))
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TypeError('a fault was to change the JSON of an answer that is none', { cause })
  }
}

/** 500 in the place of new tokens, whose session has ended. */
export async function failRotation(
  response: Response,
  endSessionOf: (refreshToken: string) => void,
): Promise<Response> {
  const { refresh_token } = (await readJson(response)) as { refresh_token?: string }
  if (refresh_token !== undefined) endSessionOf(refresh_token)
  const body = { error: 'server_error', error_description: 'Unexpected error' }
  return copyResponse(response, JSON.stringify(body), 500)
}
