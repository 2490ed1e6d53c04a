import { searchQuery } from '../search'
import { conversation, pathIds } from './conversation'
import { historyPlan, spent } from './history-plan'
import { messages } from './messages'
import type { Query, QueryName } from './query'
import { aside, rejected, setting, settings } from './settings'
import { thread } from './thread'
import { threadWindow } from './thread-window'
import { usage } from './usage'

/** Every live query by its name. */
export const queryHandlers: { [Q in QueryName]: Query<Q> } = {
  'thread-window': threadWindow, thread, messages, conversation, 'path-ids': pathIds, 'history-plan': historyPlan, spent, 'search': searchQuery, setting, settings, rejected, aside, usage,
  sync: { run: ({ sync }) => sync(), touchedBy: (touched) => touched.all === true || (touched.local ?? []).length > 0, signals: ['sync'] },
  storage: { run: ({ storage }) => storage(), touchedBy: () => false, signals: ['storage'] },
}
