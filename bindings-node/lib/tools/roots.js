// @ts-check
'use strict'

// The folders and files that a model may name. It may be told by a stranger to send others.

const { lstatSync, readlinkSync, realpathSync } = require('node:fs')
const { homedir } = require('node:os')
const { basename, dirname, isAbsolute, join, relative, resolve, sep } = require('node:path')
const { refusal, refusedNames } = require('./description.js')

/** Names such as `*.pem`, as a pattern. */
const REFUSED = new RegExp(
  `^(?:${refusedNames.map((name) => name.replace(/[.]/g, '\\.').replace('*', '.*')).join('|')})$`,
  'is',
)
/** As many symlinks as Linux follows. */
const MOST_LINKS = 40

class Roots {
  /** @type {string[]} */
  #roots

  /** @param {string[]} roots */
  constructor(roots) {
    this.#roots = roots.map((root) => resolve(atHome(root)))
  }

  get isEmpty() {
    return this.#roots.length === 0
  }

  /** The absolute path of what the model named, all symlinks followed, if it may name it. @param {string} given */
  path(given) {
    // Characters that no path has.
    const path = /\0|\p{Surrogate}/u.test(given) ? undefined : realPath(this.#absolute(given))
    const below = path === undefined ? [] : this.#roots.flatMap((root) => namesBelow(realPath(root), path))
    if (path === undefined || below.length === 0)
      throw refusal('outside', { path: given, roots: this.#roots.join(', ') })
    const refused = below.map((names) => names.find((name) => REFUSED.test(name)))
    if (refused[0] !== undefined && !refused.includes(undefined))
      throw refusal('name', { path: given, name: refused[0] })
    return path
  }

  /** What a recipient sees of it: a symlink's own name, and not that of its target. @param {string} given */
  name(given) {
    return basename(this.#absolute(given))
  }

  /** @param {string} given */
  #absolute(given) {
    return resolve(/** @type {string} */ (this.#roots[0]), atHome(given))
  }
}

/** @param {string} path */
function atHome(path) {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

/**
 * With all symlinks followed, also where nothing is yet. A root may have any name: the program gave it.
 * @param {string} path @param {number} [links] that were followed by hand
 * @returns {string | undefined} nothing if the links lead in a circle
 */
function realPath(path, links = 0) {
  try {
    return realpathSync(path)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT' || links > MOST_LINKS) return undefined
  }
  const folder = realPath(dirname(path), links)
  if (folder === undefined) return undefined
  const inside = join(folder, basename(path))
  return isLink(inside) ? realPath(resolve(folder, readlinkSync(inside)), links + 1) : inside
}

/** @param {string} path */
function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** The names of a path below a root, in a list, which is empty if it is elsewhere. @param {string | undefined} root @param {string} path */
function namesBelow(root, path) {
  if (root === undefined) return []
  const below = relative(root, path)
  const isOutside = below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
  return isOutside ? [] : [below.split(sep)]
}

module.exports = { Roots }
