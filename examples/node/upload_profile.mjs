// Looks at a browser profile, and uploads what signs in of it to H Company:
//
//   HAI_API_KEY=… node upload_profile.mjs ~/.config/google-chrome acme-prod-login

import { DropoffError, HCompany, inspectProfile } from 'dropoff'

const [folder, name] = process.argv.slice(2)
if (folder === undefined || name === undefined) {
  console.error('usage: node upload_profile.mjs FOLDER NAME')
  process.exit(2)
}

// Ctrl-C stops the upload and waits until nothing of it runs any more.
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

try {
  const { advice } = await inspectProfile(folder, { signal: interrupted.signal })
  console.error(advice)
  const { DROPOFF_BASE_URL: baseUrl, DROPOFF_STORAGE: storage } = process.env // only to try it on a sandbox
  const h = new HCompany({ baseUrl, trustedStorage: storage ? [storage] : null })
  const profile = await h.uploadProfile(folder, {
    name, // the folder tells its browser and version
    pack: { level: 'minimal' }, // no history, saved passwords, bookmarks or addresses
    signal: interrupted.signal,
    onProgress: ({ phase, bytesDone, bytesTotal }) =>
      console.error(`${phase}: ${bytesDone} of ${bytesTotal} bytes`),
  })
  console.log(`${profile.id} verified: ${profile.verified}`)
} catch (error) {
  const facts = error instanceof DropoffError ? error : error.dropoff
  if (facts === undefined) throw error
  console.error(`${facts.message} (${facts.code}, outcome: ${facts.outcome})`)
  process.exitCode = 1
}
