/** The elements that the Gradio pages are made of. */

import "./pages/banner";
import "./pages/guides";
import "./pages/jobs";
import "./pages/library";
import "./pages/progress";
import "./pages/shelf";
import "./pages/world";
