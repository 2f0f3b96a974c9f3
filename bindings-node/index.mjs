// The same names for `import`.
import dropoff from './index.js'

export const {
  AgentDrop,
  DropoffError,
  Encryption,
  File,
  HCompany,
  Job,
  KeyPair,
  ProfileTicket,
  Storage,
  TransferTicket,
  inspectProfile,
  onLog,
  openSealed,
  startInspectProfile,
  startOpenSealed,
  version,
} = dropoff
