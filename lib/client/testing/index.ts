/** For tests of an application that uses the browser library. */
export { FakeEvents, fakeTebra } from './fake-events.ts'
