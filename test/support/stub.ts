/** What `npm install --ignore-scripts opencode-ai@1.18.33` leaves: the package as it is packed. */
export const STUB = `echo "Error: opencode-ai's postinstall script was not run." >&2
echo "" >&2
echo "This occurs when using --ignore-scripts during installation, or when using a" >&2
echo "package manager like pnpm that does not run postinstall scripts by default." >&2
echo "" >&2
echo "To fix this, run the postinstall script manually:" >&2
echo "  cd node_modules/opencode-ai && node postinstall.mjs" >&2
echo "" >&2
echo "Or reinstall opencode-ai without the --ignore-scripts flag." >&2
exit 1
`;
