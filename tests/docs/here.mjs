// What a program of the documentation imports in place of 'dropoff'. It names the services; here they are the
// sandbox.
import * as dropoff from 'dropoff'
export * from 'dropoff'

const { API_URL: baseUrl, STORAGE_URL, AWS_ENDPOINT_URL_S3 } = process.env
const trustedStorage = [STORAGE_URL, AWS_ENDPOINT_URL_S3]
export class HCompany extends dropoff.HCompany {
  constructor(options) {
    super({ baseUrl, trustedStorage, ...options })
  }
}
export class AgentDrop extends dropoff.AgentDrop {
  constructor(options) {
    super({ baseUrl, trustedStorage, ...options })
  }
}
export class Storage extends dropoff.Storage {
  constructor(options) {
    super({ trustedStorage, ...options })
  }
}
