import { validator } from 'atproof/lexicon'
import recipe from '../lexicons/com/example/recipe.json' with { type: 'json' }
import defs from '../lexicons/com/example/recipe/defs.json' with { type: 'json' }
import search from '../lexicons/com/example/recipe/search.json' with { type: 'json' }

/** Checks by the documents that the types are made of: what they say of lengths and numbers, too. */
export const validate = validator([recipe, defs, search])
