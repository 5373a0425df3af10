import { isXrpcError, type XrpcClient } from 'atproof'

/** The names of the recipes with an ingredient: a query of your own, answered by a server of your own. */
export async function searchRecipes(client: XrpcClient<undefined>, ingredient: string): Promise<string[]> {
  try {
    const names = []
    // All pages of it.
    for await (const { recipe } of client.paginate('com.example.recipe.search', { params: { ingredient } })) {
      names.push(recipe.name)
    }
    return names
  } catch (error) {
    // An error of the lexicon's own: the names complete in the editor.
    if (isXrpcError(error, 'com.example.recipe.search', 'TooVague')) return []
    throw error
  }
}
