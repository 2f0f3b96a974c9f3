// Names of the other languages and of JavaScript.

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A message with the names in it spelled as the scenarios have them. */
export const snakeWords = (text) => text.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, snake)

/** Field names all the way down; what a user named, such as labels, has no capitals in the scenarios. */
export function snakeKeys(value) {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [snake(name), snakeKeys(item)]))
}
