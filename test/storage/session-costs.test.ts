import { declareSessionCosts } from '../conformance/costs/session-costs.ts'
import { SESSION_PLACES } from './session-places.ts'

for (const [engine, openPlace] of Object.entries(SESSION_PLACES)) declareSessionCosts(engine, openPlace)
