import { computed, onBeforeUnmount } from 'vue'
import { z } from 'zod'
import { filePartSchema, type FilePart } from '~/shared/domain/part'
import { useAttachmentsStore } from '~/stores/attachments'
import { giveFilesEvent } from './events'
import { useRemedies } from './useRemedies'

/** A message travels as one change, which may take 256 KB; longer text goes as a file. */
const longestText = 200 * 1024
const longestPaste = 50_000

/** The files of one composer: how they come in, and how they go out with the text. */
export function useAttaching(owner: string, send: (text: string, files: FilePart[]) => Promise<boolean>) {
  const attachments = useAttachmentsStore()
  const { showError } = useRemedies()

  const files = computed(() => attachments.partsOf(owner))
  const hasFiles = computed(() => attachments.of(owner).length > 0)
  /** A file is still being read. */
  const adding = computed(() => attachments.of(owner).some(({ state }) => state === 'adding'))
  /** Nothing goes with a file that the server does not take. */
  const blocked = computed(() => attachments.of(owner).some(({ state }) => state === 'refused'))

  async function attach(files: readonly File[]): Promise<void> {
    const error = files.length > 0 ? await attachments.add(owner, files) : null
    if (error) showError(error)
  }

  function paste(event: ClipboardEvent): void {
    const files = [...event.clipboardData?.files ?? []]
    const text = event.clipboardData?.getData('text/plain') ?? ''
    // Office programs put a picture of the text beside it: then the text is meant.
    if (files.length > 0 && text === '') {
      event.preventDefault()
      void attach(files)
    } else if (text.length > longestPaste) {
      event.preventDefault()
      void attach([new File([text], 'pasted.txt', { type: 'text/plain' })])
    }
  }

  async function sendWith(text: string): Promise<boolean> {
    const isLong = new Blob([text]).size > longestText
    const error = isLong ? await attachments.addText(owner, text) : null
    if (error) {
      showError(error)
      return false
    }
    const files = attachments.partsOf(owner)
    const went = await send(isLong ? '' : text, files)
    if (went) attachments.sent(owner, files)
    return went
  }

  const onFiles = (event: Event): void => {
    const parts = event instanceof CustomEvent ? z.array(filePartSchema).safeParse(event.detail) : null
    if (parts?.success) void attachments.give(owner, parts.data)
  }
  window.addEventListener(giveFilesEvent, onFiles)
  onBeforeUnmount(() => window.removeEventListener(giveFilesEvent, onFiles))

  return { attach, paste, sendWith, files, hasFiles, adding, blocked }
}
