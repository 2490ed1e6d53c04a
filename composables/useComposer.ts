import { onBeforeUnmount, ref } from 'vue'
import { useDraftsStore } from '~/stores/drafts'
import { useSendGuard } from './useSendGuard'
import { giveTextEvent } from './events'

/** The text of one composer and its way out. `owner` names the draft: a thread's id, or `new`. Without text it sends when `hasFiles` says so. */
export function useComposer(owner: string, send: (text: string) => Promise<boolean>, hasFiles: () => boolean = () => false) {
  const drafts = useDraftsStore()
  const maySend = useSendGuard()
  const text = ref(drafts.read(owner))
  const sending = ref(false)

  function setText(value: string): void {
    text.value = value
    drafts.write(owner, value)
  }

  /** Sends; the text goes only once the commit is answered, and what was typed meanwhile stays. Answers whether it went. */
  async function submit(): Promise<boolean> {
    const sent = text.value
    if (!(sent.trim() || hasFiles()) || sending.value || !maySend()) return false
    sending.value = true
    const went = await send(sent.trim())
    sending.value = false
    if (!went) return false
    const rest = text.value.startsWith(sent) ? text.value.slice(sent.length) : text.value
    text.value = rest
    void drafts.clear(owner)
    if (rest) drafts.write(owner, rest)
    return true
  }

  const unfollow = drafts.follow(owner, (remote) => {
    if (!sending.value) text.value = remote
  })
  const onText = (event: Event): void => {
    if (!(event instanceof CustomEvent) || typeof event.detail !== 'string') return
    setText(text.value.trim() ? `${text.value.trimEnd()}\n\n${event.detail}` : event.detail)
  }
  window.addEventListener(giveTextEvent, onText)
  onBeforeUnmount(() => {
    unfollow()
    window.removeEventListener(giveTextEvent, onText)
  })

  return { text, sending, setText, submit }
}
