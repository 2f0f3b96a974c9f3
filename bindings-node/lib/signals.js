// @ts-check
'use strict'

// One listener per signal, however many calls it stops: Node warns of a leak above ten.

/** @type {WeakMap<AbortSignal, { listener: () => void, calls: Set<() => void> }>} */
const listeners = new WeakMap()

/**
 * Calls `f` when the signal aborts.
 * @param {AbortSignal} signal
 * @param {() => void} f
 * @returns {() => void} ends that
 */
function onAbort(signal, f) {
  let entry = listeners.get(signal)
  if (entry === undefined) {
    const calls = new Set()
    const listener = () => {
      for (const call of [...calls]) call()
    }
    entry = { listener, calls }
    listeners.set(signal, entry)
    signal.addEventListener('abort', listener)
  }
  const { listener, calls } = entry
  calls.add(f)
  return () => {
    if (calls.delete(f) && calls.size === 0) {
      listeners.delete(signal)
      signal.removeEventListener('abort', listener)
    }
  }
}

module.exports = { onAbort }
