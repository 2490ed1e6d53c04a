export default defineAppConfig({
  ui: {
    colors: { primary: 'teal', neutral: 'ink' },
    button: { slots: { base: 'font-medium cursor-pointer disabled:cursor-not-allowed' }, defaultVariants: { size: 'md' } },
    modal: { slots: { overlay: 'bg-black/35 dark:bg-black/60', content: 'shadow-2xl' } },
    slideover: { slots: { overlay: 'bg-black/35 dark:bg-black/60' } },
    dropdownMenu: { slots: { content: 'min-w-44 shadow-lg', item: 'py-1.5' } },
  },
})
