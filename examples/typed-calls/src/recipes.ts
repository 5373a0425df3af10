import { isXrpcError, signInWithPassword, type SignInWithPasswordOptions, XrpcClient } from 'atproof'
import { readFile } from 'node:fs/promises'
import { describeRecipe } from './describe-recipe.ts'
import { searchRecipes } from './search.ts'
import { validate } from './validate.ts'

const network = readNetwork()
const account = await signInWithPassword(read('IDENTIFIER'), read('APP_PASSWORD'), network)
const client = account.with({ validate })
const recipes = client.records('com.example.recipe')

// What an upload gives goes into a record as it is.
const picture = await readFile(new URL('../picture.png', import.meta.url))
const { data: uploaded } = await client.uploadBlob(picture, { encoding: 'image/png' })
const { data: created } = await recipes.create({
  name: 'Porridge',
  diets: ['com.example.recipe.defs#vegan'],
  steps: [
    { $type: 'com.example.recipe.defs#instruction', text: 'stir oats into water' },
    { $type: 'com.example.recipe.defs#wait', minutes: 5 },
  ],
  picture: uploaded.blob,
  createdAt: new Date().toISOString(),
})
console.log(`created ${created.uri}`)

// Any app of the account may have written these: whether one is what the types say, the validator knows.
for await (const { uri, value } of recipes.list()) {
  const mistake = validate.findMistake(recipes.collection, value)
  console.log(mistake ? `not a recipe: ${uri}: ${mistake.message}` : describeRecipe(value))
}

// A method of com.atproto: its types are built in.
for await (const cid of client.paginate('com.atproto.sync.listBlobs', { params: { did: client.did } })) {
  console.log(`a blob: ${cid}`)
}

// An error by its name, which completes in the editor.
try {
  await recipes.get('nothing-here')
} catch (error) {
  if (!isXrpcError(error, 'com.atproto.repo.getRecord', 'RecordNotFound')) throw error
  console.log(`not found: ${error.error}`)
}

// What the compiler cannot see, the validator does, before anything is sent.
try {
  await recipes.create({ name: '', steps: [], createdAt: 'today' })
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.log(`refused: ${error.message}`)
}

const service = process.env['SEARCH_SERVICE']
if (service) {
  const { allowLoopback = [] } = network
  const search = new XrpcClient({ service, validate, allowLoopback })
  console.log(`with oats: ${(await searchRecipes(search, 'oats')).join(', ')}`)
  console.log(`with water: ${(await searchRecipes(search, 'water')).length} recipes`)
}

function read(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: see README.md`)
  return value
}

/** Another network than the public one, such as that of a test: see `allowLoopback`. */
function readNetwork(): Pick<SignInWithPasswordOptions, 'plcDirectory' | 'handleResolver' | 'allowLoopback'> {
  return JSON.parse(process.env['NETWORK'] ?? '{}')
}
