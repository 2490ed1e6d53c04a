import type { Thread } from '~/shared/domain/thread'
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

  return async function exportThread(thread: Thread): Promise<void> {
    const read = await threads.readMessages(thread.id)
    if (!read.ok) return showError(read.error, { retry: () => exportThread(thread) })
    saveFile(new TextEncoder().encode(threadToMarkdown(thread, read.value, models.nameOf)), `${toFileName(thread.title)}.md`, 'text/markdown')
  }
}
