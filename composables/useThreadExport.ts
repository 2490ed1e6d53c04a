import type { ThreadId } from '~/shared/domain/ids'
import { useModelsStore } from '~/stores/models'
import { useThreadsStore } from '~/stores/threads'
import { threadToMarkdown } from '~/stores/threadMarkdown'
import { saveFile } from './saveFile'
import { useRemedies } from './useRemedies'

/** A name that every file system takes. */
const toFileName = (title: string): string => title.replace(/[\u0000-\u001f\\/:*?"<>|]+/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 80).replace(/[. ]+$/, '') || 'Untitled'

/** Saves a thread as a Markdown file, made on this device. */
export function useThreadExport() {
  const threads = useThreadsStore()
  const models = useModelsStore()
  const { showError } = useRemedies()

  return async function exportThread(id: ThreadId): Promise<void> {
    const [thread, messages] = await Promise.all([threads.read(id), threads.readMessages(id)])
    if (!thread.ok) return showError(thread.error, { retry: () => exportThread(id) })
    if (!messages.ok) return showError(messages.error, { retry: () => exportThread(id) })
    if (!thread.value) return
    saveFile(new TextEncoder().encode(threadToMarkdown(thread.value, messages.value, models.nameOf)), `${toFileName(thread.value.title)}.md`, 'text/markdown')
  }
}
