// The declarations are true: a typical program type-checks, and they name what is there.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as esm from '../../bindings-node/index.mjs'
import { PROFILE, ROOT, TERMS, sandboxForTests, temporaryFolder } from './sandbox.mjs'
import { makeProfile } from './profiles.mjs'
import { zipped } from './sources.mjs'

const sandbox = await sandboxForTests()
const folder = join(ROOT, 'bindings-node')
const cjs = createRequire(import.meta.url)(join(folder, 'index.js'))
const ts = createRequire(join(folder, 'index.js'))('typescript')
const declarations = ts.createSourceFile(
  'index.d.ts',
  readFileSync(join(folder, 'index.d.ts'), 'utf8'),
  ts.ScriptTarget.Latest,
  true,
)

for (const project of ['tsconfig.json', 'tsconfig.bundler.json', 'tsconfig.lib.json', 'tsconfig.dom.json']) {
  test(`tsc is content with ${project}`, () => {
    const tsc = join(folder, 'node_modules/typescript/bin/tsc')
    const done = spawnSync(process.execPath, [tsc, '--project', join(ROOT, 'tests/node/types', project)], {
      encoding: 'utf8',
    })
    assert.equal(done.status, 0, done.stdout + done.stderr)
  })
}

const named = (kind) =>
  declarations.statements.filter((s) => ts.isClassDeclaration(s) === (kind === 'class') && s.name)
const classes = new Map(named('class').map((s) => [s.name.text, s]))
/** Results, by their names: aliases of object types. */
const results = new Map(
  declarations.statements
    .filter((s) => ts.isTypeAliasDeclaration(s) && ts.isTypeLiteralNode(s.type))
    .map((s) => [s.name.text, s.type]),
)
/** Names, each once however often it is overloaded. */
const members = (node, modifier = ts.ModifierFlags.None) => {
  const wanted = (m) =>
    m.name &&
    !ts.isPrivateIdentifier(m.name) &&
    (ts.getCombinedModifierFlags(m) & ts.ModifierFlags.Static) === modifier
  return [...new Set(node.members.filter(wanted).map((m) => m.name.getText()))]
}

test('import and require give the same names, and those that are declared', () => {
  const names = Object.keys(cjs).sort()
  assert.deepEqual(Object.keys(esm).sort(), names)
  for (const name of names) assert.equal(esm[name], cjs[name])
  const values = declarations.statements
    .filter(ts.isVariableStatement)
    .flatMap((s) => s.declarationList.declarations.map((v) => v.name.text))
  const functions = declarations.statements.filter(ts.isFunctionDeclaration).map((s) => s.name.text)
  assert.deepEqual([...classes.keys(), ...values, ...functions].sort(), names)
})

test('the members of classes are those that are declared', () => {
  for (const [name, declared] of classes) {
    if (name === 'DropoffError' || name === 'File') continue // their fields are the objects' own: see below
    const there = Reflect.ownKeys(cjs[name].prototype)
      .filter((member) => member !== 'constructor' && member !== inspect.custom)
      .map((member) => (member === Symbol.asyncDispose ? '[Symbol.asyncDispose]' : member))
    const of = (kind) => members(declared, kind).sort()
    assert.deepEqual(there.sort(), of(ts.ModifierFlags.None), name)
    assert.deepEqual(
      Object.getOwnPropertyNames(cjs[name])
        .filter((n) => !['length', 'name', 'prototype'].includes(n))
        .sort(),
      of(ts.ModifierFlags.Static),
      name,
    )
  }
})

test('the fields of objects are those that are declared', async () => {
  const d = sandbox.agentdrop()
  const h = sandbox.hcompany()
  const own = (value) => Object.keys(value).sort()
  const declared = (name) => members(results.get(name) ?? classes.get(name)).sort()
  const file = new cjs.File('x', { name: 'n', contentType: 'a/b', encryptionIv: 'x' })
  assert.deepEqual([...own(file), 'toJSON'].sort(), declared('File'))
  const job = d.startSend([['a', Buffer.from('1')]], TERMS)
  assert.deepEqual(own(job.progress()), declared('Progress'))
  const records = []
  cjs.onLog((record) => records.push(record), 'debug')
  const sent = await job.wait()
  cjs.onLog(null)
  assert.deepEqual(own(records[0]), declared('LogRecord'))
  assert.deepEqual(own(sent), declared('SentTransfer'))
  assert.deepEqual(own(sent.files[0]), declared('SentFile'))
  assert.deepEqual(own(await d.getTransfer(sent.id)), declared('TransferInfo'))
  const plan = await d.plan([['a', Buffer.from('1')]], TERMS)
  assert.deepEqual(own(plan), declared('TransferPlan'))
  assert.deepEqual(own(plan.files[0]), declared('PlannedFile'))
  const parts = (await d.presign([['a', Buffer.from('1')]], { ...TERMS, multipart: true })).reveal()
  const urls = parts.files[0].part_urls.map((part) => part.upload_url)
  const stored = await sandbox.storage().putParts(urls, Buffer.from('1'))
  assert.deepEqual(own(stored), declared('StoredParts'))
  assert.deepEqual(own(stored.parts[0]), declared('StoredPart'))
  const pending = await d.presign([['a', Buffer.from('1')]], TERMS)
  await d.upload(pending, [['a', Buffer.from('1')]])
  assert.deepEqual(own(await d.confirm(pending.id)), declared('Confirmed'))
  const profile = await h.uploadProfile(zipped(10), PROFILE)
  assert.deepEqual(own(profile), declared('Profile'))
  assert.deepEqual(own(profile.upload), declared('StoredObject'))
  const browser = join(temporaryFolder(), 'browser')
  makeProfile({ 'Local State': { text: '{}' }, 'Default/Cache/a': 1, 'Default/Cookies': 1 }, browser)
  const { packed } = await h.uploadProfile(browser, PROFILE)
  assert.deepEqual(own(packed), declared('PackReport'))
  const found = await cjs.inspectProfile(browser)
  assert.deepEqual(own(found), declared('ProfileInspection'))
  assert.deepEqual(own(found.sizes[0]), declared('CategorySize'))
  assert.deepEqual(own(found.largest[0]), declared('FileSize'))
  assert.deepEqual(own(found.leftOut[0]), declared('LeftOut'))
  assert.deepEqual(own(found.cookies), declared('CookieKeys'))
  const error = await h.getProfile('x').catch((e) => e)
  const facts = own(error.toJSON())
  assert.deepEqual(facts, [...declared('ErrorFacts'), 'cause'].sort())
  assert.deepEqual([...facts.filter((name) => name !== 'message'), 'toJSON'].sort(), declared('DropoffError'))
})

test('everything declared is documented', () => {
  for (const statement of declarations.statements) {
    assert(ts.getJSDocCommentsAndTags(statement).length > 0, statement.getText().slice(0, 80))
    // The facts of an error are documented once, in ErrorFacts.
    if (statement.name?.text === 'DropoffError') continue
    for (const member of statement.members ?? statement.type?.members ?? []) {
      const isPrivate = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private
      if (!isPrivate)
        assert(ts.getJSDocCommentsAndTags(member).length > 0, `${statement.name.text}: ${member.getText()}`)
    }
  }
})
