import { defineNuxtPlugin } from '#app'
import { createMarkdownPainter } from '~/workers/markdown/client'

export default defineNuxtPlugin(() => ({
  provide: {
    markdown: createMarkdownPainter(() => new Worker(new URL('../workers/markdown.worker.ts', import.meta.url), { type: 'module', name: 'holdfast-markdown' })),
  },
}))
