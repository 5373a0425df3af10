import { isType, type RecordOf } from 'atproof'

type Recipe = RecordOf<'com.example.recipe'>

/** A recipe in a line. */
export function describeRecipe({ name, diets = [], steps, picture }: Recipe): string {
  const vegan = diets.includes('com.example.recipe.defs#vegan') ? ' (vegan)' : ''
  const seen = picture ? `, with a picture of ${picture.size} bytes` : ''
  return `${name}${vegan}: ${steps.map(describeStep).join(', ')}${seen}`
}

/** The union is open: somebody else's app may have written a step that this lexicon does not know. */
function describeStep(step: Recipe['steps'][number]): string {
  if (isType(step, 'com.example.recipe.defs#instruction')) return step.text
  if (isType(step, 'com.example.recipe.defs#wait')) return `wait ${step.minutes} min`
  return `something else (${step.$type})`
}
