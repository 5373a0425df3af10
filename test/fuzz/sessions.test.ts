import { fuzzAsync } from './fuzz.ts'
import { play, stories } from './session-stories.ts'

fuzzAsync(
  '[H5] [R24] [R25] nobody is signed out who did not sign out, and one token set lives',
  30,
  stories({ withSignOuts: false }),
  play,
)

fuzzAsync(
  '[R26] who signed out stays so, everybody else goes on, and no other tokens live',
  40,
  stories({ withSignOuts: true }),
  play,
)
