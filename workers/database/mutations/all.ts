import type { LocalDatabase } from '../open'
import { runMutation, type Mutation, type MutationAnswer, type MutationName, type MutationRequest } from './mutation'
import { discardChange, retryChange } from './refused-change'
import { cancelSend, send, sendFromHere } from './send'
import { setSetting } from './setting'
import { branchThread, deleteMessage, patchThread, setLabel } from './thread'

const handlers: { [N in MutationName]: Mutation<N> } = {
  'send': send,
  'cancel-send': cancelSend,
  'send-from-here': sendFromHere,
  'patch-thread': patchThread,
  'delete-message': deleteMessage,
  'branch-thread': branchThread,
  'set-label': setLabel,
  'set-setting': setSetting,
  'retry-change': retryChange,
  'discard-change': discardChange,
}

/** Runs a mutation by its name. Expected failures are thrown as HoldfastException, and nothing is written then. */
export function mutate<N extends MutationName>(db: LocalDatabase, name: N, request: MutationRequest<N>): MutationAnswer<N> {
  return runMutation(db, request.mutation, (context) => handlers[name](context, request))
}
