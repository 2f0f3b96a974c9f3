// @ts-check
'use strict'

// The functions that a program gives to its tools, and what they throw.

/**
 * A function of the program threw `thrown`, or its promise rejected with that. A DropoffError among such
 * tells what became of a call of that function's own. A model would read it as being about the tool's call,
 * and send again what was sent. An object of each call's own: what became of the tool's call is told on it.
 */
class ProgramError extends Error {
  /** @param {unknown} thrown */
  constructor(thrown) {
    super('a function of the program failed')
    this.thrown = thrown
  }
}

/**
 * Calls a function of the program; whatever comes of it, it is told from what the tool's call fails with.
 * @template T @param {() => T | PromiseLike<T>} call
 */
async function ofProgram(call) {
  try {
    return await call()
  } catch (thrown) {
    throw new ProgramError(thrown)
  }
}

module.exports = { ProgramError, ofProgram }
