/** The light client over the network of the nodes, for a node that joins; of Node.js, unlike the rest of the client. */
export { createPeerHeaders, type PeerHeadersComponents } from './peer-headers.ts';
