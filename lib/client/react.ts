/** The browser library's React hooks. */
export { useConnection } from './use-connection.ts'
export { type IdleLogoffHandle, useIdleLogoff } from './use-idle-logoff.ts'
export { useOutbox } from './use-outbox.ts'
export { type EventBus, type EventBusOptions, useRedisEventBus } from './use-redis-event-bus.ts'
export { type ScheduleHandle, type ScheduleOptions, useSchedule } from './use-schedule.ts'
export { type TebraRequestHandle, type TebraRequestState, useTebraRequest } from './use-tebra-request.ts'
