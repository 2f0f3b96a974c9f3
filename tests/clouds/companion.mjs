// Uppy's Companion as its own program runs it, on loopback alone and on any free port; says where it is.
import standalone from '@uppy/companion/standalone'

const { app } = standalone()
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${server.address().port}`)
})
