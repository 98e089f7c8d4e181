-- v2.0.0. Breaks v1 on purpose: every v1 release reads the column `title`.
ALTER TABLE media_requests RENAME COLUMN title TO display_title;
