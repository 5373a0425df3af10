// Written by `atproof types`: what is changed here is lost the next time.

import type { BlobRef, UnknownVariant } from 'atproof/registry'

declare module 'atproof/registry' {
  interface Queries {
    /** Finds recipes by what is in them. */
    'com.example.recipe.search': {
      params: {
        ingredient: string
        /** @default 20 */
        limit?: number | undefined
        cursor?: string | undefined
      }
      output: {
        cursor?: string | undefined
        hits: ComExampleRecipeSearchHit[]
      }
      errors: 'TooVague'
    }
  }

  interface Records {
    'com.example.recipe': ComExampleRecipe
  }

  interface Definitions {
    'com.example.recipe.defs#vegan': ComExampleRecipeDefsVegan
    'com.example.recipe.defs#vegetarian': ComExampleRecipeDefsVegetarian
    'com.example.recipe.defs#instruction': ComExampleRecipeDefsInstruction
    'com.example.recipe.defs#wait': ComExampleRecipeDefsWait
    'com.example.recipe.search#hit': ComExampleRecipeSearchHit
  }
}

/** How to cook something. */
type ComExampleRecipe = {
  $type?: 'com.example.recipe' | undefined
  name: string
  servings?: number | undefined
  diets?: ('com.example.recipe.defs#vegan' | 'com.example.recipe.defs#vegetarian' | (string & {}))[] | undefined
  steps: (
    | (ComExampleRecipeDefsInstruction & { $type: 'com.example.recipe.defs#instruction' })
    | (ComExampleRecipeDefsWait & { $type: 'com.example.recipe.defs#wait' })
    | UnknownVariant)[]
  picture?: BlobRef | undefined
  createdAt: string
}

/** Nothing of animals. */
type ComExampleRecipeDefsVegan = 'com.example.recipe.defs#vegan'

/** No meat and no fish. */
type ComExampleRecipeDefsVegetarian = 'com.example.recipe.defs#vegetarian'

/** Something to do. */
type ComExampleRecipeDefsInstruction = {
  $type?: 'com.example.recipe.defs#instruction' | undefined
  text: string
}

/** Time in which nothing is to be done. */
type ComExampleRecipeDefsWait = {
  $type?: 'com.example.recipe.defs#wait' | undefined
  minutes: number
  /** In Celsius. */
  degrees?: number | undefined
}

type ComExampleRecipeSearchHit = {
  $type?: 'com.example.recipe.search#hit' | undefined
  uri: string
  recipe: ComExampleRecipe
}
