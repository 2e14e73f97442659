-- Sets a manual page by man(7)'s conventions: a filter of pandoc(1) for Markdown whose first line is `# NAME(SECTION): SUMMARY`.
--
-- `##` is a section. `###`, and `####` below it, are items: what follows explains them. Literal text is bold, as are the names of
-- other pages, and examples keep their lines.

local stringify = pandoc.utils.stringify

local glyphs = { ['\\'] = '\\e', ['-'] = '\\-', ['~'] = '\\(ti', ['^'] = '\\(ha', ['`'] = '\\(ga', ["'"] = '\\(aq' }

--- What is typed, so that it can be copied from the page and nothing in it is a request or an escape.
local function literal(text)
  return (text:gsub('.', glyphs):gsub('%f[^\n\0]%.', '\\&.'):gsub('…', '\\[u2026]'))
end

function Code(code)
  return pandoc.RawInline('man', '\\f[B]' .. literal(code.text) .. '\\f[R]')
end

function CodeBlock(code)
  return pandoc.RawBlock('man', '.RS 4\n.EX\n' .. literal(code.text) .. '\n.EE\n.RE')
end

function Str(word)
  if word.text:match('^%-') or word.text:match('…') then return pandoc.RawInline('man', literal(word.text)) end
  local before, name, rest = word.text:match('^(%p*)([%a][%w_.@-]*)(%(%d%).*)$')
  if name == nil then return nil end
  return { pandoc.Str(before), pandoc.Strong(pandoc.Str(name)), pandoc.Str(rest) }
end

--- The blocks from `index` on up to a heading of a lower level, and where that is.
local function items(blocks, index, level)
  local set = pandoc.List()
  while index <= #blocks do
    local block = blocks[index]
    if block.t ~= 'Header' then
      set:insert(block)
      index = index + 1
    elseif block.level < level then
      break
    else
      local meaning
      meaning, index = items(blocks, index + 1, block.level + 1)
      if #set == 0 or set[#set].t ~= 'DefinitionList' then set:insert(pandoc.DefinitionList {}) end
      local content = set[#set].content
      content[#content + 1] = { block.content, { meaning } }
      set[#set].content = content
    end
  end
  return set, index
end

function Pandoc(document)
  local blocks = document.blocks
  local name, number, summary = stringify(table.remove(blocks, 1)):match('^(%S+)%((%d)%): (.+)$')
  assert(name, 'The first line is not # NAME(SECTION): SUMMARY')
  local set, index = pandoc.List(), 1
  while index <= #blocks do
    local section, body = blocks[index], nil
    assert(section.level == 2, 'Text stands before the first section')
    body, index = items(blocks, index + 1, 3)
    set:insert(pandoc.Header(1, stringify(section):upper()))
    set:extend(body)
  end
  local meta = document.meta
  meta.title, meta.section, meta.summary = name, number, summary
  return pandoc.Pandoc(set, meta)
end
