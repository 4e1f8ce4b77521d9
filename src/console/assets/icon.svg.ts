/** The door of Vestibule, for tabs. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
<path fill="#3b49c8" d="M3 22V10a9 9 0 0 1 18 0v12z"/>
<path fill="#fff" d="M8 22V11a4 4 0 0 1 8 0v11z"/>
</svg>
`;
