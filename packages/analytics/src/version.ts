/** Version of this package, as in its package.json. */
export const libraryVersion = "0.1.0";
