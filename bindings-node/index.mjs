// The same names for `import`.
import dropoff from './index.js'

export const {
  AgentDrop,
  DropoffError,
  File,
  HCompany,
  Job,
  ProfileTicket,
  Storage,
  TransferTicket,
  onLog,
  version,
} = dropoff
