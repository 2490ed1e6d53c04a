import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('./fixtures/', import.meta.url)

/** Names of the stored bodies and streams. @returns {string[]} */
export const fixtureNames = () => readdirSync(fileURLToPath(folder))

/** @param {string} name @returns {Buffer} */
export const readFixture = (name) => readFileSync(fileURLToPath(new URL(name, folder)))

/** @param {string} name */
export const hasFixture = (name) => fixtureNames().includes(name)
