// What a page gets to draw itself with.
export interface Place {
  url: URL;
  id: string; // what follows the view's path
  signal: AbortSignal; // of a page that nobody waits for any more
  go: (href: string, options?: { replace?: boolean }) => void;
}

export interface View {
  title: string;
  nodes: Node[];
  // After the nodes are in the document.
  shown?: () => void;
}
