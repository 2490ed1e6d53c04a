import { ref } from 'vue'

const drawerOpen = ref(false)
const collapsed = ref(false)
const shortcutsOpen = ref(false)

/** What of the frame around a page is open: the drawer of a narrow screen, the sidebar of a wide one, the list of shortcuts. */
export const useShell = () => ({ drawerOpen, collapsed, shortcutsOpen })
