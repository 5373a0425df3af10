/** What the server of the app tells its page. */
export interface AppSettings {
  readonly plc: string
  readonly pds: string
  readonly redirectUri: string
  readonly scope: string
  /** How far the servers' clocks are ahead. */
  readonly aheadMs: number
}

/** The id of the element that carries them. */
export const SETTINGS_ID = 'settings'
