"""Text in, syntax trees and diagnostics out.  Values only: no files, no names resolved."""
